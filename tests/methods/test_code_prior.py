"""The transformer over codes: its cache, how it draws, and the tokenizer that it builds on."""

import pytest
import tiny
import torch

from pipeline.backbones.gpt import GPTParams
from pipeline.models.card import Pretrained
from pipeline.models.code_prior import CodePriorModel
from pipeline.nn.drawing import pick, top_k, top_p
from pipeline.samples import DatasetSpec

RUN = tiny.runs()["code_prior"]
DATA = tiny.data_of(RUN)


def built(**fields: object) -> CodePriorModel:
    run = tiny.shrink(RUN, **fields)
    return run.build_model(DATA, tiny.pretrained_of(run)).eval()


@torch.no_grad()
def test_with_a_cache_the_logits_are_the_same():
    gpt = GPTParams(layers=3, heads=2, width=16).build(length=12, starts=4, codes=9).eval()
    for parameter in gpt.parameters():
        parameter.normal_(0, 0.3)
    start, codes = torch.tensor([0, 3, 1]), torch.randint(9, (3, 11))
    whole, caches = gpt(start, codes), gpt.empty_caches(3)
    assert whole.std() > 0.1
    for at in range(12):
        logits = gpt.step(start, codes[:, at - 1] if at else None, at, caches)
        torch.testing.assert_close(logits, whole[:, at], rtol=1e-4, atol=1e-5)


@torch.no_grad()
def test_no_code_sees_those_behind_it():
    gpt = GPTParams(layers=2, heads=2, width=16).build(length=8, starts=1, codes=9).eval()
    for parameter in gpt.parameters():
        parameter.normal_(0, 0.3)
    start, codes = torch.zeros(1, dtype=torch.int64), torch.randint(9, (1, 7))
    other = codes.clone()
    other[:, 4] = (other[:, 4] + 1) % 9
    before, after = gpt(start, codes), gpt(start, other)
    assert torch.equal(before[:, :5], after[:, :5])  # place t knows the codes before t
    assert not torch.allclose(before[:, 5:], after[:, 5:])


def test_top_k_by_hand():
    logits = torch.tensor([[1.0, 4.0, 3.0, 2.0], [0.0, 0.0, 9.0, -1.0]])
    assert top_k(logits, 2)[0].isfinite().tolist() == [False, True, True, False]
    assert top_k(logits, 1)[1].isfinite().tolist() == [False, False, True, False]
    assert torch.equal(top_k(logits, 9), logits)


def test_top_p_by_hand():
    logits = torch.tensor([[0.5, 0.3, 0.15, 0.05], [0.05, 0.15, 0.3, 0.5]]).log()
    kept = {0.4: 1, 0.6: 2, 0.79: 2, 0.81: 3, 0.94: 3, 1.0: 4, 1e-6: 1}
    for p, count in kept.items():
        found = top_p(logits, p).isfinite()
        assert found[0].tolist() == [place < count for place in range(4)], p
        assert torch.equal(found[0], found[1].flip(0)), p


def test_draws_follow_the_shares():
    shares = torch.tensor([0.5, 0.3, 0.15, 0.05])
    levels = (torch.arange(1000) + 0.5) / 1000

    def drawn(**how: object) -> torch.Tensor:
        given = {"temperature": 1.0, "k": None, "p": None, **how}
        codes = pick(shares.log().expand(1000, -1), levels, **given)
        return torch.bincount(codes, minlength=4) / 1000

    torch.testing.assert_close(drawn(), shares, atol=2e-3, rtol=0)
    torch.testing.assert_close(drawn(k=2), torch.tensor([0.625, 0.375, 0, 0]), atol=2e-3, rtol=0)
    torch.testing.assert_close(drawn(p=0.6), torch.tensor([0.625, 0.375, 0, 0]), atol=2e-3, rtol=0)
    cold = shares.square() / shares.square().sum()
    torch.testing.assert_close(drawn(temperature=0.5), cold, atol=2e-3, rtol=0)


def test_no_draw_falls_on_what_is_ruled_out():
    logits = torch.tensor([[0.0, -torch.inf, 0.0, -torch.inf]]).expand(3, -1)
    levels = torch.tensor([0.0, 0.5, 1 - 2**-24])
    assert pick(logits, levels, temperature=1.0, k=None, p=None).tolist() == [0, 2, 2]


def test_classes_are_asked_for_and_steer_what_is_drawn():
    model = built(conditional=True)
    assert model.classes == 10
    with torch.no_grad():
        model.gpt.starts.weight.normal_(0, 3)
        model.gpt.head.weight.normal_(0, 1)
    draws = [
        model.sample(2, torch.Generator().manual_seed(1), torch.full((2,), digit))
        for digit in (3, 3, 7)
    ]
    assert torch.equal(draws[0], draws[1])
    assert not torch.equal(draws[0], draws[2])
    plain = built(conditional=False)
    assert plain.classes == 0
    with pytest.raises(ValueError, match="trained without"):
        plain.sample(2, None, torch.zeros(2, dtype=torch.int64))


def test_options_of_a_call_override_the_parameters():
    model = built(temperature=0.5, top_k=3, top_p=0.9)
    assert {option.name: value for option, value in model.defaults().items()} == {
        "temperature": 0.5,
        "top_k": 3,
        "top_p": 0.9,
    }
    with torch.no_grad():
        model.gpt.head.weight.normal_(0, 3)
    seen = []
    model.draw = lambda start, levels, **how: (
        seen.append(how) or torch.zeros(len(start), len(levels), dtype=torch.int64)
    )
    model.sample(1)
    model.sample(1, temperature=2.0, top_k=0.0, top_p=1.0)
    assert seen == [
        {"temperature": 0.5, "k": 3, "p": 0.9},
        {"temperature": 2.0, "k": None, "p": 1.0},
    ]


def test_it_holds_the_tokenizer_that_it_is_given_and_leaves_it():
    below = tiny.pretrained_of(RUN)
    state = {name: value.clone() for name, value in below.model.state_dict().items()}
    method = RUN.build(DATA, below).train()
    assert method.model.tokenizer is below.model
    assert not any(module.training for module in below.model.modules())
    assert not any(p.requires_grad for p in below.model.parameters())
    update = next(method.updates(tiny.batch_of(RUN), 0))
    assert torch.isfinite(update.loss)
    now = method.model.tokenizer.state_dict()
    assert all(torch.equal(value, now[name]) for name, value in state.items())


def test_only_matrices_of_linear_layers_decay():
    (optimizer,) = RUN.build(DATA, tiny.pretrained_of(RUN)).optimizers().values()
    decaying, free = optimizer.param_groups
    assert decaying["weight_decay"] == RUN.optimizer.weight_decay > 0
    assert free["weight_decay"] == 0
    assert all(p.ndim == 2 for p in decaying["params"])


def test_what_it_can_not_build_on_is_refused():
    below = tiny.pretrained_of(RUN)
    vae = tiny.runs()["vae"]
    codeless = Pretrained(vae.build_model(tiny.data_of(vae)), tiny.card_of(vae))
    with pytest.raises(ValueError, match="models/vqvae has no codes"):
        RUN.build_model(DATA, codeless)
    specs = {name: s.model_copy(update={"channels": 3}) for name, s in DATA.specs.items()}
    with pytest.raises(ValueError, match=r"models/vqvae codes samples of .*channels=1.*channels=3"):
        RUN.build_model(DatasetSpec(specs=specs, classes=DATA.classes), below)
    with pytest.raises(ValueError, match="models/vqvae has to be trained first"):
        RUN.build_model(DATA)
    with pytest.raises(ValueError, match="conditional: digit has no classes"):
        RUN.build_model(DatasetSpec(specs=DATA.specs), below)
