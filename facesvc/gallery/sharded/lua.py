"""Reads that run inside the server that holds the data, each as one step.

ARGV 1 is the shard's layout: a server that was emptied or exchanged has another, or none, and
says so instead of answering for faces that it does not have. The search index is a part of the
server's memory: while it is being built after a restart, searches say that too.
"""

from __future__ import annotations

_GUARD = """
if redis.call('HGET', 'facesvc:{@shard}', 'layout') ~= ARGV[1] then return {'SHARD'} end
local base, model = ARGV[2], ARGV[3]
local meta = redis.call('HMGET', KEYS[1], 'model', 'gen')
if meta[1] and meta[1] ~= model then return {'MODEL', meta[1]} end
local gen = meta[2] or '0'
"""

# KEYS 1 meta; ARGV 4 index, 5 vector, 6 count. Answers OK, how many samples were found, and for
# each its user, the user's name, the search's own distance and the vector.
SEARCH = (
    _GUARD
    + """
if not meta[1] then return {'OK', 0} end
local about = redis.pcall('FT.INFO', ARGV[4])
if about.err then return {'INDEX'} end
for at = 1, #about - 1, 2 do
  if about[at] == 'indexing' and tostring(about[at + 1]) ~= '0' then return {'INDEXING'} end
end
local query = '(@c:{' .. redis.sha1hex(base .. gen) .. '})=>[KNN ' .. ARGV[6] .. ' @e $v AS d]'
local page = redis.call('FT.SEARCH', ARGV[4], query, 'PARAMS', '2', 'v', ARGV[5],
                        'SORTBY', 'd', 'RETURN', '3', 'u', 'd', 'e', 'LIMIT', '0', ARGV[6],
                        'DIALECT', '2', 'TIMEOUT', '0')
local answer, names = {'OK', (#page - 1) / 2}, {}
for at = 3, #page, 2 do
  local fields = page[at]
  local of = {}
  for part = 1, #fields, 2 do of[fields[part]] = fields[part + 1] end
  local user = of['u']
  if names[user] == nil then
    names[user] = redis.call('HGET', base .. 'u:' .. gen .. ':' .. user, 'b') or ''
  end
  answer[#answer + 1] = user
  answer[#answer + 1] = names[user]
  answer[#answer + 1] = of['d']
  answer[#answer + 1] = of['e']
end
return answer
"""
)

# KEYS 1 meta; ARGV 4.. users. Answers OK and for each user its b, j, t, w, v and its sample ids.
USERS = (
    _GUARD
    + """
local answer = {'OK'}
for at = 4, #ARGV do
  answer[#answer + 1] = redis.call('HMGET', base .. 'u:' .. gen .. ':' .. ARGV[at],
                                   'b', 'j', 't', 'w', 'v', 'i')
end
return answer
"""
)

# KEYS 1 meta; ARGV 4 after which user ('' = from the first), 5 count. Answers OK, how many users
# there are, and the next ones in order.
PAGE = (
    _GUARD
    + """
local order, from = base .. 'order:' .. gen, ARGV[4] == '' and '-' or '(' .. ARGV[4]
local page = redis.call('ZRANGEBYLEX', order, from, '+', 'LIMIT', '0', ARGV[5])
return {'OK', redis.call('ZCARD', order), unpack(page)}
"""
)

# KEYS 1 the shard's own key; ARGV 1 layout. Answers the layout that holds from now on.
ADOPT = """
redis.call('HSETNX', KEYS[1], 'layout', ARGV[1])
return redis.call('HGET', KEYS[1], 'layout')
"""
