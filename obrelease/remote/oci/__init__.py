"""A client of OCI registries: blobs, manifests, tags and referrers over HTTP."""
