"""What the tests of tests/platform need to be told of yours: tests/platform/samples.py says how."""

from tests.platform.samples import Samples

samples = Samples()
