"""A web server that demands a client certificate, and greets whoever shows one by the name in it."""

import contextlib
import http.server
import ssl
import threading


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        subject = dict(field[0] for field in self.connection.getpeercert()["subject"])
        body = f"<!doctype html><html lang=en><title>Hello</title><h1>{subject['commonName']}</h1>".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Server(http.server.ThreadingHTTPServer):
    """TLS is spoken in each connection's own thread, so that one that fails holds up no other."""

    def __init__(self, context):
        super().__init__(("127.0.0.1", 0), Handler)
        self.context = context
        self.refusals = []

    def finish_request(self, request, client_address):
        request.settimeout(10)
        try:
            secured = self.context.wrap_socket(request, server_side=True)
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError, ConnectionError):
            # A browser that is asked for a certificate hangs up, looks for one, and comes again.
            return
        except ssl.SSLError as error:
            self.refusals.append(error.reason or str(error))
            return
        with secured:
            self.RequestHandlerClass(secured, client_address, self)


@contextlib.contextmanager
def greeter(server_certificate, trusted):
    """A running server with this certificate and key, which trusts the certificates of these files' CAs."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    for file in trusted:
        context.load_verify_locations(file)
    context.load_cert_chain(*server_certificate)
    context.verify_mode = ssl.CERT_REQUIRED
    server = Server(context)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
