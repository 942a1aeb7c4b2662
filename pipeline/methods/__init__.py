"""How models are trained: one file a method, its parameters beside it; `registry` lists them."""
