-- Answers OK, how many samples were found, -1 where there is no such collection, the search's own
-- distance of the last one, '' for none, and for each sample of a user who is chosen: the user, the
-- user's name and metadata ('' unless asked for) and the vector. The index is a part of the server's
-- memory: while it is being built after a restart, the answer is INDEXING.
local refused = refuse_read()
if refused then return refused end
if not recognizer then return {'OK', -1, ''} end
local about = redis.pcall('FT.INFO', args.index)
if about.err then return {'INDEXING'} end
for at = 1, #about - 1, 2 do
  if about[at] == 'indexing' and tostring(about[at + 1]) ~= '0' then return {'INDEXING'} end
end
local tag = redis.sha1hex(args.base .. gen)
local page = redis.call('FT.SEARCH', args.index,
                        '(@c:{' .. tag .. '})=>[KNN ' .. args.count .. ' @e $v AS d]',
                        'PARAMS', '2', 'v', args.vector, 'SORTBY', 'd',
                        'RETURN', '2', 'u', 'd', 'LIMIT', '0', args.count,
                        'DIALECT', '2', 'TIMEOUT', '0')
local answer, users = {'OK', (#page - 1) / 2, ''}, {}

local function about_user(user)
  local held = redis.call('HMGET', args.base .. 'u:' .. gen .. ':' .. user, 'b', 'j')
  if not is_chosen(held[2]) then return false end
  return {held[1] or '', args.metadata == '1' and held[2] or ''}
end

for at = 3, #page, 2 do
  local fields, found = page[at], {}
  for part = 1, #fields, 2 do found[fields[part]] = fields[part + 1] end
  local user = found['u']
  if users[user] == nil then users[user] = about_user(user) end
  if users[user] then
    answer[#answer + 1] = user
    answer[#answer + 1] = users[user][1]
    answer[#answer + 1] = users[user][2]
    answer[#answer + 1] = redis.call('HGET', page[at - 1], 'e')
  end
  answer[3] = found['d']
end
return answer
