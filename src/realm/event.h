#pragma once

namespace ferryman::realm {

// A descriptor that poll(2) finds readable from signal() until clear() (eventfd(2)). Any thread.
class Event {
 public:
  Event();  // throws std::system_error
  ~Event();
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  int get() const { return descriptor_; }
  void signal() const;
  void clear() const;

 private:
  const int descriptor_;
};

}  // namespace ferryman::realm
