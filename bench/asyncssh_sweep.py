"""The same loop as bare-ssh2.ts with asyncssh: asyncssh_sweep.py INPUT prints the milliseconds of every round."""

import asyncio
import json
import sys
import time

import asyncssh

with open(sys.argv[1], encoding="utf8") as file:
    given = json.load(file)


async def main():
    key = asyncssh.read_private_key(given["identity"])
    connections = {}

    async def look(host, lanes):
        async with lanes:
            address = host["address"]
            if address not in connections:
                connections[address] = await asyncssh.connect(
                    address,
                    given["port"],
                    username=given["user"],
                    client_keys=[key],
                    known_hosts=None,
                    config=None,
                    agent_path=None,
                    connect_timeout=60,
                    login_timeout=60,
                )
            script = host["script"]
            text = f"{len(script.encode())}\n{script}"
            answer = await connections[address].run(given["command"], input=text)
            if not answer.stdout:
                raise RuntimeError(f"{address} gave no answer")

    rounds = []
    for number in range(given["rounds"]):
        lanes = asyncio.Semaphore(32 if number == 0 else given["lanes"])
        began = time.perf_counter()
        await asyncio.gather(*(look(host, lanes) for host in given["hosts"]))
        rounds.append(round((time.perf_counter() - began) * 1000))
    print(json.dumps(rounds), flush=True)
    for connection in connections.values():
        connection.close()


asyncio.run(main())
