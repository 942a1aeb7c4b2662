"""Experiments on the theory of GANs, one a file: pure functions that return numbers, and a figure.

The first ones compute what papers derive, in one dimension, where an exact answer stands beside.
The last ones read the course of ordinary trainings on points.
"""
