"""Latency histograms in the HdrHistogram V2 format."""
