"""From runs to a public release: the pipeline, its plan and its journal."""
