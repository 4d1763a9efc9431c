"""The response of a metric to the parameters of a sweep: its values, and pictures of them."""
