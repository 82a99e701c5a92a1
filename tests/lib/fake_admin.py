"""What listens at the administration socket of a ferryman-realm, and answers as it is told (docs/admin-protocol.md)."""
import json
import os
import socket
import threading


class FakeAdmin:
    """answers: command -> a result; a list of results, one a call; ("error", reason, text); bytes, which are sent as they are;
    or a function of the arguments that returns one of these."""

    def __init__(self, path, answers=None, mode=0o666):
        self.path, self.answers, self.requests = path, answers or {}, []
        self.ends_after = set()  # commands
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        os.chmod(path, mode)
        self.listener.listen(16)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with connection, connection.makefile("rwb") as stream:
            for line in stream:
                request = json.loads(line)
                self.requests.append(request)
                try:
                    stream.write(self.line(self.answer(request)))
                    stream.flush()
                except OSError:
                    return
                if request["command"] in self.ends_after:
                    return

    def answer(self, request):
        answer = self.answers.get(request["command"], {})
        if callable(answer):
            answer = answer(request["arguments"])
        if isinstance(answer, list):
            answer = answer.pop(0)
        return answer

    @staticmethod
    def line(answer):
        if isinstance(answer, bytes):
            return answer
        if isinstance(answer, tuple):
            return FakeAdmin.json(ok=False, error={"reason": answer[1], "text": answer[2]})
        return FakeAdmin.json(ok=True, result=answer)

    @staticmethod
    def json(**members):
        return json.dumps({"version": 1, **members}).encode() + b"\n"

    def stop(self):
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()
        if os.path.exists(self.path):
            os.unlink(self.path)
