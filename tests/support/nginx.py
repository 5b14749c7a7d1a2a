"""Debian's nginx in front of a service, as a proxy that strips a prefix."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.support.optional_servers import program_of
from tests.support.server_process import free_port, running_server, scratch_folder

CONFIGURATION = """
daemon off;
pid {folder}/pid;
error_log {folder}/error.log;
worker_processes 1;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location {prefix}/ {{
            # The slash at the end is what strips the prefix.
            proxy_pass http://127.0.0.1:{upstream}/;
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
        }}
    }}
}}
"""


@contextmanager
def nginx(prefix: str, upstream: int) -> Iterator[str]:
    """Run nginx until the block ends, and yield the URL of the service behind it."""
    program = program_of("nginx")
    port = free_port()

    def is_ready() -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return True
        return False

    with scratch_folder() as folder:
        file = folder / "nginx.conf"
        text = CONFIGURATION.format(folder=folder, port=port, prefix=prefix, upstream=upstream)
        file.write_text(text, encoding="utf-8")
        command = [program, "-e", str(folder / "error.log"), "-p", str(folder), "-c", str(file)]
        with running_server(command, folder, is_ready):
            yield f"http://127.0.0.1:{port}{prefix}"
