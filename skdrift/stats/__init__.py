"""The mathematics: pure functions of arrays, importing numpy and scipy only."""
