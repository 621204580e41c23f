-- For the scripts that read a collection: the key meta, the arguments base and model.
-- A collection exists once somebody was enrolled in it, or once it has settings.
local recognizer, gen, settings_gen, settings_model = unpack(
  redis.call('HMGET', keys.meta, 'model', 'gen', 'settings_gen', 'settings_model'))
gen = gen or '0'
recognizer = recognizer or (settings_gen == gen and settings_model)

local function refuse_read()
  return refuse_stray() or (recognizer and recognizer ~= args.model and {'MODEL', recognizer})
end
