"""Families of networks: one file each, with its builder, its concrete architecture and how that is drawn."""
