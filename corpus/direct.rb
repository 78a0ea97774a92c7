# frozen_string_literal: true

# Compiles cases by an engine called directly. Standard input is
# {"cases": [{source, options, locals, files}]}, standard output what the
# method compile of LANGUAGE's own direct.rb, which is loaded before this file,
# makes of each case: {output}, or {error: {line, column}}.
require "json"
require "stringio"

# What a template prints is no answer.
answers, $stdout = $stdout, StringIO.new
answers.puts JSON.generate(JSON.parse($stdin.read).fetch("cases").map { |c| compile(c) })
