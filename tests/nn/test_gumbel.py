"""A codebook whose codes are chosen by logits, by hand."""

import pytest
import tiny
import torch

from pipeline.models.vq import VQModel
from pipeline.nn.gumbel import GumbelParams
from pipeline.nn.quantiser import Quantiser

RUN = tiny.runs()["vqgan"]


def test_the_code_of_the_largest_logit_is_taken():
    layer = GumbelParams(codes=3, dim=2).build()
    with torch.no_grad():
        # logits: x, y, and 0.5 whatever the vector is
        layer.proj.weight.copy_(torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])[..., None, None])
        layer.proj.bias.copy_(torch.tensor([0.0, 0.0, 0.5]))
        layer.codebook.copy_(torch.tensor([[10.0, 11.0], [20.0, 21.0], [30.0, 31.0]]))
    z = torch.tensor([[2.0, 0.1, 0.4], [1.0, 0.9, 0.3]]).view(1, 2, 1, 3)
    found = layer(z)
    assert found.codes.tolist() == [[[0, 1, 2]]]
    assert found.values[0, :, 0].tolist() == [[10.0, 20.0, 30.0], [11.0, 21.0, 31.0]]
    assert found.vectors.tolist() == z[0, :, 0].T.tolist()
    assert found.loss == 0
    assert torch.equal(layer.lookup(found.codes), found.values.permute(0, 2, 3, 1))


def test_what_trains_takes_no_codebook_of_logits():
    spec = tiny.specs_of(RUN)[RUN.domains[0]]
    model = VQModel(spec, RUN.network, GumbelParams(codes=4, dim=8), laplace=False)
    with pytest.raises(TypeError, match="not trained here"):
        _ = model.trained_quantiser
    assert isinstance(tiny.build(RUN).model.trained_quantiser, Quantiser)
