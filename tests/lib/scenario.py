"""What every scenario shares: a directory, a CA, and things that are stopped at its end."""
import shutil
import tempfile
import unittest

from .pki import Authority


class Scenario(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.mkdtemp(prefix="ferryman-")
        cls.addClassCleanup(shutil.rmtree, cls.directory, True)
        cls.authority = Authority(cls.directory)
        cls.certificate, cls.key = cls.authority.server()
        cls.tls = {"certificate": cls.certificate, "private_key": cls.key}

    @classmethod
    def started(cls, thing):
        cls.addClassCleanup(thing.stop)
        return thing

    def running(self, thing):
        self.addCleanup(thing.stop)
        return thing
