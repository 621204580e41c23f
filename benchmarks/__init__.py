"""Measurements that write what docs/ says about them."""
