"""Use finished models: pictures of any size, sound of any length, samples."""
