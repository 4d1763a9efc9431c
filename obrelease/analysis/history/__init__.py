"""Change points in the history of a metric: the noise, the segments, fresh steps and drifts."""
