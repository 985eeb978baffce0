"""LiteLLM proxy: its spend logs, from its own PostgreSQL database, one row for each call.

For those who have the database and not the API, or more calls than the API gives out at a bearable pace. The table
`LiteLLM_SpendLogs` is read, prompts and answers left out, in a session that cannot write. The address is
`postgresql://HOST/DATABASE`; user and password come from PGUSER and PGPASSWORD or `~/.pgpass`. Over a public network the
session is encrypted, and PGSSLMODE can be stricter. Calls of the proxy's own health checks are left out. It needs the driver:
`pip install 'llmcost[postgres]'`. Table as in litellm 1.109.1, proxy/schema.prisma
(https://docs.litellm.ai/docs/proxy/db_info).
"""

from llmcost.gateways.gateway import Gateway
from llmcost.gateways.tables import PostgresLogin, Table

_LOGIN = PostgresLogin()

gateway = Gateway(
    title="LiteLLM database",
    auth=_LOGIN,
    example="postgresql://db.example.com/litellm",
    streams={},
    table=Table(
        name="LiteLLM_SpendLogs",
        time="startTime",
        login=_LOGIN,
        sources=("litellm-spend-logs",),
        left_out=("messages", "response", "proxy_server_request"),
        no_calls=("team_id", "litellm-internal-health-check"),
    ),
)
