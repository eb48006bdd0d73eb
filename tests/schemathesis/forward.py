"""Forwards a TCP port of this machine to a Unix socket, for clients that cannot speak to one. Prints the port; ends when it is killed.

Usage: forward.py SOCKET
"""

import socket
import sys
import threading


def pump(source: socket.socket, target: socket.socket) -> None:
    """Carries bytes one way until there are no more."""
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        # Whoever closed first has what it wanted; both ends go.
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def serve(client: socket.socket, path: str) -> None:
    """One connection, both ways."""
    with client, socket.socket(socket.AF_UNIX) as server:
        try:
            server.connect(path)
        except OSError:
            return
        back = threading.Thread(target=pump, args=(server, client), daemon=True)
        back.start()
        pump(client, server)
        back.join()


def main() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        print(listener.getsockname()[1], flush=True)
        while True:
            client, _ = listener.accept()
            threading.Thread(target=serve, args=(client, sys.argv[1]), daemon=True).start()


if __name__ == "__main__":
    main()
