"""Fetching published data sets: over HTTP, verified, unpacked."""
