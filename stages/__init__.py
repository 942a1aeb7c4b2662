"""The stages that DVC runs: each reads params.yaml, calls the pipeline and writes outputs.

A stage runs in the folder of its dvc.yaml and finds everything by the paths below it.
"""
