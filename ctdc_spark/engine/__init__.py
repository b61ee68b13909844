"""Spark itself: sessions, Connect, jars, partitions, and what its errors mean."""
