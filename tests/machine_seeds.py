#!/usr/bin/python3
"""Writes the seeds of varlink_fuzz, what systemd asks, and of posix_page_fuzz, what a realm says of users."""
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lib.seeds import write  # noqa: E402

SERVICE = "io.ferryman.Users"


def call(method, more=None, **parameters):
    text = {"method": "io.systemd.UserDatabase." + method, "parameters": {**parameters, "service": SERVICE}}
    return json.dumps({**text, **({} if more is None else {"more": more})}).encode()


calls = {
    "user": call("GetUserRecord", userName="alice"), "uid": call("GetUserRecord", uid=5000), "users": call("GetUserRecord", True),
    "both": call("GetUserRecord", userName="alice", uid=5001), "unknown": call("GetUserRecord", userName="mallory"),
    "group": call("GetGroupRecord", groupName="staff"), "gid": call("GetGroupRecord", gid=6000), "groups": call("GetGroupRecord", True),
    "memberships": call("GetMemberships", True), "of-user": call("GetMemberships", True, userName="alice"),
    "of-group": call("GetMemberships", True, groupName="staff"), "one": call("GetMemberships", False, userName="alice", groupName="staff"),
    "not-more": call("GetMemberships"), "info": b'{"method":"org.varlink.service.GetInfo","oneway":false}',
    "oneway": b'{"method":"io.systemd.UserDatabase.GetUserRecord","oneway":true}',
}
user = {"id": "00112233-4455-6677-8899-aabbccddeeff", "name": "alice", "upn": "alice@cloud.test", "display_name": "Alice, A.",
        "uid": 5000, "gid": 6000, "disabled": False, "groups": [6000, 6001]}
page = {"time": 1800000000, "users": [user, {**user, "name": "bob", "uid": 5001, "disabled": True}],
        "groups": [{"name": "Domain Users", "gid": 6000}, {"name": "staff", "gid": 6001}], "next": ""}
pages = {"page": page, "next": {**page, "next": "8899"}, "root": {**page, "users": [{**user, "uid": 0}]},
         "path": {**page, "users": [{**user, "name": "../a"}]}, "empty": {**page, "users": [], "groups": []}}

write("varlink_fuzz", "machine", calls)
write("posix_page_fuzz", "machine", {name: json.dumps(value).encode() for name, value in pages.items()})
