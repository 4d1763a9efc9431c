"""Systems outside of this program: git, and forges (code hosts) such as GitHub."""
