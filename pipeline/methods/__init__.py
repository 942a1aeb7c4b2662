"""Training methods: one file each, its parameters beside it; `registry` lists them."""
