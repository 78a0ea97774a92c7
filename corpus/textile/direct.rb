# frozen_string_literal: true

# RedCloth called directly: no adapter, no cell.
require "redcloth"

def compile(c)
  text = RedCloth.new(c["source"])
  c["options"].each { |name, value| text.public_send("#{name}=", value) }
  { "output" => text.to_html }
end
