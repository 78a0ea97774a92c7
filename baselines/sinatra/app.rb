# frozen_string_literal: true

# The warm server without walls that many sites have: Haml behind Sinatra. Every
# template runs in the server's own process.
require "sinatra/base"
require "haml"
require "json"

class App < Sinatra::Base
  set :environment, :production
  disable :logging, :static, :sessions, :protection

  post "/haml" do
    content_type :json
    markup = JSON.parse(request.body.read).fetch("markup")
    JSON.generate(success: true, html: Haml::Template.new { markup }.render)
  rescue StandardError, SyntaxError => e
    JSON.generate(success: false, error: e.message)
  end
end
