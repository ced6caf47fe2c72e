"""Proof that the shop keeps its promises about money: `make prove`, `make prove-long`."""
