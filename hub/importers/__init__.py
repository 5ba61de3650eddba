"""The side doors: a file in, drafts out; the writing is done by actions."""
