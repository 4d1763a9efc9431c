"""What each kind of run is: one folder or file per kind, listed in `all_kinds`.

A kind gives the tables that are derived from its envelope and histograms, the rules that its numbers
keep, its plots, and its variants in release notes. All other packages use `kind_of`.
"""
