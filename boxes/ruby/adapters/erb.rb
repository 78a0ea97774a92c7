# frozen_string_literal: true

# ERB, of Ruby's standard library.
module Adapters
  module Erb
    NAME = "erb"
    ENGINE = "erb"

    module_function

    def preload
      require "erb"
    end

    def make_ready; end

    def version
      ::ERB.version
    end

    def compile(source, options, locals, _files)
      template = ::ERB.new(source, trim_mode: options["trim_mode"])
      template.filename = Diagnosis::FILE
      template.result(scope(locals))
    end

    def diagnose(error, _source)
      Diagnosis.of(error)
    end

    # What people usually write.
    def page
      <<~'ERB'
        <ul id="list">
        <% %w[a b].each_with_index do |name, i| %>
          <% if i > 0 %><li><%= name %></li><% else %><li class="first"><%= "#{i}: #{name}" %></li><% end %>
        <% end %>
        <% 2.times do |i| %>  <b><%= i + 1 %></b>
        <% end %></ul>
        <%# A note %>
      ERB
    end

    def samples
      ["<p><%= 1 + 1 %></p>\n", "<% 2.times do |i| %>a<%= i %><% end %>\n", "<%= ( %>\n", "<% raise 'x' %>\n"]
    end

    # A binding that holds nothing but the locals.
    def scope(locals)
      empty = SCOPE.instance_eval { binding }
      locals.each { |name, value| empty.local_variable_set(name, value) }
      empty
    end
  end
end
