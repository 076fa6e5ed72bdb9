"""How the embedded server is set up: names, access rules, settings."""

from __future__ import annotations

import sys

HOST = "127.0.0.1"
ADMIN = "postgres"
ROLE = "insights"
# For BI: dbt_project.yml grants it the marts and nothing else.
READER = "bi_reader"
DATABASE = "insights"

# Passwords everywhere, nothing from other machines, and the superuser by socket only.
ACCESS_RULES = f"""\
# written by `insights db start`, anew at each start
local  all  all                    scram-sha-256
host   all  {ADMIN}  0.0.0.0/0     reject
host   all  all      127.0.0.1/32  scram-sha-256
"""

# Given on the command line, so that an upgrade of this program changes an old cluster too.
SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_permissions": "0700",
    "password_encryption": "scram-sha-256",
    # A laptop with two cores that does other things as well.
    "max_connections": "100",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "32MB",
    "maintenance_work_mem": "256MB",
    "random_page_cost": "1.1",
    "jit": "off",
    # Containers give /dev/shm 64 MB, and systemd empties it when a user logs out.
    "dynamic_shared_memory_type": "mmap",
    # What was committed survives kill -9 and power cuts; there is no replica to feed.
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_logical_replication_workers": "0",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Feedback text must not reach the log. Statements are not logged, nor errors, because their
    # wording quotes values; LOG ranks above ERROR and keeps starts, stops and crashes.
    "logging_collector": "off",
    "log_destination": "stderr",
    "log_min_messages": "log",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_statement": "none",
    "log_duration": "off",
    "log_min_duration_statement": "-1",
    "log_lock_waits": "off",
    "log_checkpoints": "off",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}

INITDB_OPTIONS: list[str] = []

if sys.platform == "linux":
    # One system call in place of an fsync for each of 1,300 files: recovery after a crash took
    # 0.4 s with it and 5 s without on an ordinary virtual disk.
    SETTINGS["recovery_init_sync_method"] = "syncfs"
    INITDB_OPTIONS.append("--sync-method=syncfs")

# Postgres reads locale and PG* variables: the caller's must not leak into it.
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}
