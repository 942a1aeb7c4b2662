"""Options of `gan`: what each adds to the losses, and that it resumes and never waits."""

import pytest
import tiny
import torch
from gans import RUN, build, resumed, without_waiting

from pipeline.losses.matching import mean_feature_matching

MATCHING = {"feature_matching": {"weight": 0.5, "adversarial_weight": 0.25}}
FIELDS = {
    "matching": MATCHING,
    "matching_of_classes": {**MATCHING, "conditional": True},
    "minibatch": {"discriminator": {"width": 4, "minibatch": "discrimination"}},
    "smoothing": {"loss": "minimax", "smoothing": 0.1},
}


@pytest.mark.parametrize("name", FIELDS)
def test_options_resume_bit_for_bit(name):
    resumed(FIELDS[name])


@pytest.mark.parametrize("name", FIELDS)
def test_options_never_wait_for_the_device(name):
    without_waiting(FIELDS[name])


@pytest.mark.parametrize("kind", ["dcgan", "mlp", "resnet"])
@pytest.mark.parametrize("conditional", [False, True])
def test_features_are_matched_beside_the_adversarial_loss(kind, conditional):
    networks = {"discriminator": {"kind": kind, "width": 4}, "conditional": conditional}
    plain, matched = build(**networks), build(**networks, **MATCHING)
    batch = tiny.batch_of(RUN)
    found = []
    for method in (plain, matched):
        torch.manual_seed(3)
        found.append(list(method.updates(batch, 0))[1])
    before, after = found
    torch.manual_seed(3)
    labels = batch.y if conditional else None
    fake = matched.model.decode(matched.model.draw(len(batch.x)), labels)
    told = (batch.y,) if conditional else ()
    of_real, of_fake = (matched.adversary.network.features(x, *told) for x in (batch.x, fake))
    expected = mean_feature_matching(of_fake, of_real)
    assert float(expected.detach()) > 0
    torch.testing.assert_close(after.logs["matching"], expected)
    torch.testing.assert_close(after.loss, 0.25 * before.loss + 0.5 * expected)
    assert "matching" not in before.logs


def test_features_that_are_not_shown_cannot_be_matched(monkeypatch):
    from pipeline.backbones.convolutional import ConvEncoder

    monkeypatch.delattr(ConvEncoder, "features")
    with pytest.raises(ValueError, match="feature_matching: this discriminator does not show"):
        build(**MATCHING)


@pytest.mark.parametrize("kind", ["dcgan", "resnet"])
@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"norm": "virtual_batch", "head": "projection"}, "whose classes head: projection"),
        ({"norm": "virtual_batch", "minibatch": "deviation"}, "which minibatch: deviation would"),
    ],
)
def test_reference_samples_are_nobodys_classes_and_of_no_batch(kind, fields, words):
    with pytest.raises(ValueError, match=words):
        build(conditional=True, discriminator={"kind": kind, "width": 4, **fields})


def test_what_no_norm_holds_does_not_bound_a_critic():
    held = {"kind": "resnet", "width": 4, "norm": "none", "spectral": True}
    critic = {"loss": "wasserstein", "discriminator": held}
    build(**critic)
    for part in ({"attention": [8]}, {"minibatch": "deviation"}, {"norm": "instance"}):
        with pytest.raises(ValueError, match="needs what bounds the critic"):
            build(**{**critic, "discriminator": {**held, **part}})


def test_a_bottleneck_and_an_auxiliary_classifier_exclude_each_other():
    with pytest.raises(ValueError, match="bottleneck leaves the discriminator a code for one"):
        build(conditional=True, auxiliary=1, bottleneck={"width": 4})
