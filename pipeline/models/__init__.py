"""Models that training exports: networks with capabilities."""
