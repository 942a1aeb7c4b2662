"""Claims of CUT's paper, beyond what every method is tested for."""

import pytest
import tiny
import torch

from pipeline.backbones.projection import ProjectionHead
from pipeline.methods.cut import CUT
from pipeline.samples import DatasetSpec, Spec

RUN = tiny.runs()["cut"]


def build(**changes: object) -> CUT:
    method = tiny.build(tiny.shrink(RUN, **changes))
    assert isinstance(method, CUT)
    return method


def test_half_of_cyclegans_networks():
    cyclegan = tiny.runs()["cyclegan"]
    other = tiny.build(cyclegan)
    alike = build(generator=cyclegan.generator, discriminator=cyclegan.discriminator)
    size = tiny.count_parameters
    assert 2 * size(alike.generator) == size(other.to_a, other.to_b)
    assert 2 * size(alike.adversary) == size(other.discriminator_a, other.discriminator_b)
    assert list(alike.model.directions) == [RUN.target]


def test_contrast_is_lower_where_places_correspond():
    method = build(generator={"kind": "resnet", "width": 8, "blocks": 1})
    x = tiny.sample_of(tiny.specs_of(RUN)[RUN.source], 2, 1)
    with torch.no_grad():
        for layer in method.head.modules():  # the first weights describe all places alike
            if isinstance(layer, torch.nn.Linear):
                torch.nn.init.xavier_normal_(layer.weight)
        torch.manual_seed(1)
        same = method.contrast(x, x)
        torch.manual_seed(1)
        turned = method.contrast(x, x.flip(3))
    assert same < 0.7 * turned


def test_no_gradient_reaches_the_source():
    method = build()
    x = tiny.sample_of(tiny.specs_of(RUN)[RUN.source], 1, 1)
    source, output = x.clone().requires_grad_(), x.clone().requires_grad_()
    method.contrast(source, output).backward()
    assert source.grad is None
    assert output.grad is not None


def test_the_generators_loss_is_the_papers_sum():
    method = build(contrast_weight=3)
    updates = method.updates(tiny.batch_of(RUN), 0)
    next(updates)
    update = next(updates)
    parts = update.logs
    expected = parts["adversarial"] + 3 * (parts["contrast"] + parts["contrast_identity"]) / 2
    torch.testing.assert_close(update.loss, expected)


def test_fast_cut_has_no_identity_half():
    method = build(contrast_identity=False, contrast_weight=10)
    updates = method.updates(tiny.batch_of(RUN), 0)
    next(updates)
    update = next(updates)
    assert set(update.logs) == {"adversarial", "contrast"}
    parts = update.logs
    torch.testing.assert_close(update.loss, parts["adversarial"] + 10 * parts["contrast"])


def test_patches_are_distinct_and_all_where_there_are_few():
    head = ProjectionHead((2, 3), features=5, num_patches=9)
    maps = [torch.randn(2, 2, 4, 4), torch.randn(2, 3, 2, 2)]
    patches = head.choose(maps)
    assert [len(set(p.tolist())) for p in patches] == [9, 4]
    found = head(maps, patches)
    assert [tuple(f.shape) for f in found] == [(2, 9, 5), (2, 4, 5)]
    at = int(patches[0][3])
    torch.testing.assert_close(found[0][1, 3], head.networks[0](maps[0][1, :, at // 4, at % 4]))


def test_domains_of_other_channels_are_refused():
    grey = Spec(channels=1, height=16, width=16, bounded=True)
    with pytest.raises(ValueError, match=r"horse has 3 channel\(s\) and zebra has 1"):
        RUN.build(DatasetSpec(specs={**tiny.specs_of(RUN), RUN.target: grey}))
