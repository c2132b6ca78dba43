"""Problems for tests and benchmarks: random ones with everything on, realistic ones of a given size."""

from tests.problems.randomized import RandomCase, random_case, random_problem
from tests.problems.sized import SIZES, ProblemSize, generate

__all__ = ["SIZES", "ProblemSize", "RandomCase", "generate", "random_case", "random_problem"]
