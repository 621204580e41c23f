-- For the scripts that read a collection: the key meta, the arguments base and model.
local recognizer, gen = unpack(redis.call('HMGET', keys.meta, 'model', 'gen'))
gen = gen or '0'

local function refuse_read()
  return refuse_stray() or (recognizer and recognizer ~= args.model and {'MODEL', recognizer})
end
