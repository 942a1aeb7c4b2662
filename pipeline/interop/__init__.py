"""Other people's formats: reading the field's published checkpoints, writing ONNX."""
