"""Provinces side by side: composite and its rank bands, peers, inequality, space, best practice."""
