"""A web server on 127.0.0.1 for the tests of page fetching.

Prints its port, then serves until its standard input ends. What a path answers is in the JSON object of the first
argument: {path: {"status": 200, "body": text, "repeat": times, "location": url, "pause": seconds}}. "PORT" in a location
becomes the port. Each request's Host header is counted by path under /counts.
"""

import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

answers = json.loads(sys.argv[1])
asked = []


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/asked":
            answer = {"body": json.dumps(asked)}
        else:
            asked.append([self.headers.get("Host"), self.path])
            answer = answers.get(self.path, {"status": 404, "body": "no such page"})
        time.sleep(answer.get("pause", 0))
        body = answer.get("body", "").encode() * answer.get("repeat", 1)
        self.send_response(answer.get("status", 200))
        if "location" in answer:
            self.send_header("Location", answer["location"].replace("PORT", str(server.server_port)))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
        except (BrokenPipeError, ConnectionResetError):
            # The client had enough.
            pass

    def log_message(self, *words):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
print(server.server_port, flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
