"""What several phases say together: the steps of their path, and 2×2 of two factors."""
