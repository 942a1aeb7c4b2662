"""The transformer over codes: its cache, how it draws, and what it stands on."""

import pytest
import tiny
import torch

from pipeline.backbones.gpt import GPTParams
from pipeline.models.code_prior import CodePriorModel
from pipeline.nn.drawing import pick, top_k, top_p
from pipeline.training.trainer import grounded

RUN = tiny.runs()["code_prior"]
CLASSES = tuple("0123456789")


def built(**fields: object) -> CodePriorModel:
    run = tiny.shrink(RUN, **fields)
    return run.build_model(tiny.specs_of(run), CLASSES).eval()


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


def test_it_takes_the_weights_of_what_it_stands_on_and_leaves_them():
    method = RUN.build(tiny.specs_of(RUN), CLASSES)
    torch.manual_seed(7)
    below = RUN.foundation.build_model()
    method.stand_on(below)
    method.train()
    assert not method.model.tokenizer.training
    update = next(method.updates(tiny.batch_of(RUN), 0))
    assert torch.isfinite(update.loss)
    state = method.model.tokenizer.state_dict()
    assert all(torch.equal(value, state[name]) for name, value in below.state_dict().items())


def test_only_matrices_of_linear_layers_decay():
    (optimizer,) = RUN.build(tiny.specs_of(RUN), CLASSES).optimizers().values()
    decaying, free = optimizer.param_groups
    assert decaying["weight_decay"] == RUN.optimizer.weight_decay > 0
    assert free["weight_decay"] == 0
    assert all(p.ndim == 2 for p in decaying["params"])


def test_what_has_no_codes_carries_no_prior():
    vae = tiny.runs()["vae"]
    foundation = RUN.foundation.model_copy(update={"run": vae.model_dump(mode="json")})
    with pytest.raises(ValueError, match="models/vqvae has no codes"):
        RUN.model_copy(update={"foundation": foundation}).build_model(tiny.specs_of(RUN), CLASSES)
    specs = {name: s.model_copy(update={"channels": 3}) for name, s in tiny.specs_of(RUN).items()}
    with pytest.raises(ValueError, match="codes samples of"):
        RUN.build_model(specs, CLASSES)
    with pytest.raises(ValueError, match="has to be trained first"):
        RUN.model_copy(update={"foundation": None}).build_model(tiny.specs_of(RUN), CLASSES)
    with pytest.raises(ValueError, match="no classes"):
        RUN.build_model(tiny.data_of(RUN))
    assert grounded(vae, None) is vae
