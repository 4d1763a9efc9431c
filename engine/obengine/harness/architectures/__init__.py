"""One job divided between threads and processes in several ways, with equal events digests."""
