"""Orchestrate: read a pending set, call, write back. One file a job."""
