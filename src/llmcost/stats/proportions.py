"""How certain a share is."""

from math import ceil, sqrt


def wilson_interval(hits: int, trials: int, z: float = 1.959963984540054) -> tuple[float, float]:
    """Wilson's score interval of a proportion; 95 % unless another `z` is given. Raises ValueError without trials.

    https://www.itl.nist.gov/div898/handbook/prc/section2/prc241.htm
    """
    if trials <= 0 or not 0 <= hits <= trials:
        raise ValueError(f"no proportion of {hits} in {trials}")
    share, square = hits / trials, z * z
    centre = (share + square / (2 * trials)) / (1 + square / trials)
    reach = z / (1 + square / trials) * sqrt(share * (1 - share) / trials + square / (4 * trials * trials))
    return max(0.0, centre - reach), min(1.0, centre + reach)


def sample_size(margin: float, z: float = 1.959963984540054) -> int:
    """How many answers to judge so that a share is known to within `margin`, at worst (a share of one half)."""
    if not 0 < margin < 1:
        raise ValueError(f"no margin: {margin}")
    return ceil(z * z / (4 * margin * margin))
